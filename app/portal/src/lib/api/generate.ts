import { http, outcome, type GeneratorRecipe } from './client';

export type Recipe = GeneratorRecipe;
/** Makes something that nobody knows yet. Nothing of it stays on the server. */
export const generate = (recipe: Recipe) => outcome(http.POST('/api/v1/generate', { body: recipe }));

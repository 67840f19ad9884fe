import { addressBar } from '../state/address.svelte';
import { routeOf } from './router';

/** Where the platform's pages are. */
export const place = addressBar(routeOf);

import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
// Its words of advice alone: its dictionaries are three times the rest, and change few verdicts.
import { translations } from '@zxcvbn-ts/language-en';

export const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, translations });

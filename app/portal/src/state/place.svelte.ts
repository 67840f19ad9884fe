import { routeOf } from '../lib/router';
import { addressBar } from './address.svelte';

/** Where the portal is. */
export const place = addressBar(routeOf);

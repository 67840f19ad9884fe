import { mount } from 'svelte';
import App from './App.svelte';
import { reloadOnStaleBuild } from './lib/stale';
import './styles/app.css';

reloadOnStaleBuild();
const target = document.getElementById('app');
if (target) mount(App, { target });

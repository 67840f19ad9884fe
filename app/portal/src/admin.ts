import { mount } from 'svelte';
import Admin from './admin/Admin.svelte';
import './styles/app.css';

const target = document.getElementById('app');
if (target) mount(Admin, { target });

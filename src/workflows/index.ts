export { collectInventory } from './collect-inventory.js';
export { collectSource } from './collect-source.js';

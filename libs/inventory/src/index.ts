export { inventoryRefusals } from './inventory.errors.js';
export { InventoryModule } from './inventory.module.js';
export { InventoryService } from './inventory.service.js';
export { type CapacityDelta, announceAvailability, resize } from './persistence/stock.repository.js';

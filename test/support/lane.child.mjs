// A process with lanes (the built libraries in dist/) on the databases of the environment, to be killed and frozen: it does
// what its parent sends over the channel, and answers each with its result or its refusal.
import 'reflect-metadata';
import { readConfig } from '#libs/config';
import { InventoryService, Lanes } from '#libs/inventory';
import { Shards } from '#libs/sharding';

const config = readConfig('api');
const shards = new Shards(config);
await shards.onModuleInit();
const lanes = new Lanes(shards, config);
const inventory = new InventoryService(shards, lanes);

process.on('disconnect', () => process.exit());
process.on('message', async ({ call, method, args }) => {
  try {
    process.send({ call, result: await inventory[method](...args) });
  } catch (error) {
    const { message, code, members } = error;
    process.send({ call, failure: { message, code, members } });
  }
});
process.send('ready');

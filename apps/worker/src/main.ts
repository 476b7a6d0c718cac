import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import { closeOnSignals, readConfig } from '#libs/config';
import { createWorker } from './create-worker.js';

const config = readConfig('worker');
const app = await createWorker(config);
closeOnSignals(app);
await app.listen(config.workerPort, config.http.host);

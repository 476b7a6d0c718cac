import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import { closeOnSignals, readConfig } from '#libs/config';
import { createApi } from './create-api.js';
import { drain } from './drain.js';
import { listen } from './http.adapter.js';

const config = readConfig('api');
const app = await createApi(config);
closeOnSignals(app, () => drain(app, config.http.drainMs));
await listen(app, config);

import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import { readConfig } from '#libs/config';
import { createApi } from './create-api.js';
import { closeOnSignals } from './shutdown.js';

const config = readConfig('api');
const app = await createApi(config);
closeOnSignals(app);
await app.listen(config.http.port, config.http.host);

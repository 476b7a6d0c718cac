import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import { closeOnSignals, readConfig } from '#libs/config';
import { createApi } from './create-api.js';

const config = readConfig('api');
const app = await createApi(config);
closeOnSignals(app);
await app.listen(config.http.port, config.http.host);

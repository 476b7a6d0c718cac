import { Module } from '@nestjs/common';
import { AccessChanges } from './access-changes.service.js';
import { Accounts } from './accounts.service.js';
import { ApiKeys } from './api-keys.service.js';
import { Authenticator } from './authenticator.service.js';
import { FirstAdmin } from './first-admin.service.js';
import { AuthGuard } from './http/auth.guard.js';
import { Passwords } from './passwords.service.js';
import { Tokens } from './tokens.service.js';
import { Users } from './users.service.js';

/** Needs ConfigModule and ShardingModule, which are global. Apps declare the controllers and the guard. */
@Module({
  providers: [
    AccessChanges,
    Accounts,
    ApiKeys,
    AuthGuard,
    Authenticator,
    FirstAdmin,
    Passwords,
    Tokens,
    Users,
  ],
  exports: [AccessChanges, Accounts, ApiKeys, AuthGuard, Authenticator, Users],
})
export class IdentityModule {}

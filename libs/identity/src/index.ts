export { AccessChanges } from './access-changes.service.js';
export { Accounts, type SignedIn } from './accounts.service.js';
export { ApiKeys } from './api-keys.service.js';
export { Authenticator } from './authenticator.service.js';
export { type Caller, type Role, SCOPES, type Scope, managesOrganization, mayUse } from './domain/caller.js';
export type { Channel, Channels, QuietHours, Topic } from './domain/channels.js';
export type { User } from './domain/user.js';
export {
  ACCESS,
  SECURITY,
  Anonymous,
  CurrentCaller,
  OptionalCaller,
  Public,
  Roles,
  Scopes,
  callerOf,
} from './http/access.decorators.js';
export { AuthGuard } from './http/auth.guard.js';
export { identifyBy } from './http/request.identity.js';
export { identityRefusals } from './identity.errors.js';
export { IdentityModule } from './identity.module.js';
export { Tokens } from './tokens.service.js';
export { Users } from './users.service.js';
export { ApiKeysController } from './http/api-keys.controller.js';
export { AuthController } from './http/auth.controller.js';
export { MeController } from './http/me.controller.js';
export { UsersController } from './http/users.controller.js';

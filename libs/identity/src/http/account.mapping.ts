import { formatId } from '#libs/kernel';
import type { SignedIn } from '../accounts.service.js';
import type { User } from '../domain/user.js';
import type { ApiKey } from '../persistence/api-keys.repository.js';
import type { ApiKeyDto } from './api-key.dto.js';
import type { SignedInDto } from './auth.dto.js';
import type { UserDto } from './user.dto.js';

export function toUserDto(user: User): UserDto {
  return {
    id: formatId('user', user.id),
    email: user.email,
    name: user.name,
    phone: user.phone,
    locale: user.locale,
    role: user.role,
    organizationId: user.organizationId && formatId('organization', user.organizationId),
    channels: user.channels,
    version: user.version,
    createdAt: user.createdAt,
    updatedAt: user.updatedAt,
  };
}

export function toSignedInDto({ user, ...tokens }: SignedIn): SignedInDto {
  return { user: toUserDto(user), ...tokens };
}

export function toApiKeyDto({ id, name, scopes, prefix, createdAt }: ApiKey): ApiKeyDto {
  return { id: formatId('apiKey', id), name, scopes, prefix, createdAt };
}

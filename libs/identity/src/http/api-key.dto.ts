import { ArrayMinSize, ArrayUnique, IsArray, IsIn } from 'class-validator';
import { SCOPES, type Scope } from '../domain/caller.js';
import { IsName } from './account.decorators.js';

export class NewApiKeyDto {
  /**
   * What the key is for.
   * @example "Box office"
   */
  @IsName()
  name!: string;

  /**
   * What it may do; at least one.
   * @example ["events:read", "checkin"]
   */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(SCOPES, { each: true })
  scopes!: Scope[];
}

export class ApiKeyDto {
  /** @example "key_01kb2m5v00zzzr0r0h3a4d6n8q" */
  id!: string;
  /** @example "Box office" */
  name!: string;
  /** @example ["events:read", "checkin"] */
  scopes!: Scope[];
  /**
   * How the key begins, to recognise it by.
   * @example "evk_Vb2kQ9x0"
   */
  prefix!: string;
  createdAt!: Date;
}

export class CreatedApiKeyDto extends ApiKeyDto {
  /**
   * For the header `X-Api-Key`. It is shown this once.
   * @example "evk_Vb2kQ9x0cPz1nWm4sT7uYhJ3gFdR6aLqE8iOoX5vZbN"
   */
  key!: string;
}

export class ApiKeyPageDto {
  data!: ApiKeyDto[];
  /** `null` on the last page. */
  nextCursor!: string | null;
}

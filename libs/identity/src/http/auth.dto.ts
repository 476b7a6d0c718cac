import { IsString, Length, MaxLength } from 'class-validator';
import { IsAddress, IsName } from './account.decorators.js';
import { UserDto } from './user.dto.js';

export class RegisterDto {
  /**
   * Upper and lower case are the same.
   * @example "ada@example.com"
   */
  @IsAddress()
  email!: string;

  /**
   * 10 to 256 characters.
   * @example "a long and secret sentence"
   */
  @IsString()
  @Length(10, 256)
  password!: string;

  /** @example "Ada Lovelace" */
  @IsName()
  name!: string;
}

export class LoginDto {
  /** @example "ada@example.com" */
  @IsAddress()
  email!: string;

  /** @example "a long and secret sentence" */
  @IsString()
  @MaxLength(256)
  password!: string;
}

export class RefreshDto {
  /**
   * From the last answer that gave one; it is good once.
   * @example "eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCJ9.e30.c2ln"
   */
  @IsString()
  @Length(1, 2000)
  refreshToken!: string;
}

export class SignedInDto {
  user!: UserDto;
  /**
   * For the header `Authorization: Bearer …`.
   * @example "eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln"
   */
  accessToken!: string;
  /**
   * For `POST /v1/auth/refresh`.
   * @example "eyJhbGciOiJIUzI1NiIsInR5cCI6InJ0K2p3dCJ9.e30.c2ln"
   */
  refreshToken!: string;
  /**
   * Seconds that the access token lives.
   * @example 900
   */
  expiresIn!: number;
}

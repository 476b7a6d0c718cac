import { Body, Controller, Header, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '#libs/problem';
import { Limited } from '#libs/throttling';
import { Traced } from '#libs/tracing';
import { Accounts } from '../accounts.service.js';
import { identityRefusals } from '../identity.errors.js';
import { Anonymous } from './access.decorators.js';
import { toSignedInDto } from './account.mapping.js';
import { LoginDto, RefreshDto, RegisterDto, SignedInDto } from './auth.dto.js';

@ApiTags('Accounts')
@Anonymous()
@Traced()
@Controller('v1/auth')
export class AuthController {
  constructor(private readonly accounts: Accounts) {}

  /** Make an account, as an attendee, and sign in */
  @Post('register')
  @Limited({ operation: 'register', account: true })
  @ApiProblems(identityRefusals, 'email_taken')
  @Header('cache-control', 'no-store')
  async register(@Body() body: RegisterDto): Promise<SignedInDto> {
    return toSignedInDto(await this.accounts.register(body));
  }

  /** Sign in */
  @Post('login')
  @Limited({ operation: 'login', account: true })
  @ApiProblems(identityRefusals, 'invalid_credentials')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async login(@Body() body: LoginDto): Promise<SignedInDto> {
    return toSignedInDto(await this.accounts.login(body));
  }

  /**
   * Exchange a refresh token for a new pair of tokens
   * @remarks A refresh token is good once. Sent again, it ends the whole session: one of the two who had it may be a thief.
   */
  @Post('refresh')
  @ApiProblems(identityRefusals, 'token_reused', 'invalid_refresh_token')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async refresh(@Body() body: RefreshDto): Promise<SignedInDto> {
    return toSignedInDto(await this.accounts.refresh(body.refreshToken));
  }

  /** End the session of a refresh token */
  @Post('logout')
  @ApiProblems(identityRefusals, 'invalid_refresh_token')
  @HttpCode(204)
  async logout(@Body() body: RefreshDto): Promise<void> {
    await this.accounts.logout(body.refreshToken);
  }
}

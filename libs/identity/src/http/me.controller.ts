import { Body, Controller, Get, Patch, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendTagged } from '#libs/problem';
import { Traced } from '#libs/tracing';
import type { Caller } from '../domain/caller.js';
import { Users } from '../users.service.js';
import { CurrentCaller } from './access.decorators.js';
import { toUserDto } from './account.mapping.js';
import { ProfileChangeDto, UserDto } from './user.dto.js';

@ApiTags('Accounts')
@Traced()
@Controller('v1/me')
export class MeController {
  constructor(private readonly users: Users) {}

  /** The caller's own account */
  @Get()
  async read(
    @CurrentCaller() caller: Caller,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto | undefined> {
    return sendTagged(request, reply, toUserDto(await this.users.get(caller.userId)));
  }

  /** Change the caller's own account */
  @Patch()
  async change(
    @CurrentCaller() caller: Caller,
    @Body() body: ProfileChangeDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto | undefined> {
    return sendTagged(request, reply, toUserDto(await this.users.changeProfile(caller.userId, body)));
  }
}

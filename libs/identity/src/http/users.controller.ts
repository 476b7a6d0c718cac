import { Body, Controller, Get, Param, Patch, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems, IdPipe, sendTagged } from '#libs/problem';
import { Traced } from '#libs/tracing';
import { identityRefusals } from '../identity.errors.js';
import { Users } from '../users.service.js';
import { Roles } from './access.decorators.js';
import { toUserDto } from './account.mapping.js';
import { RoleChangeDto, UserDto, UserPageDto, UsersQueryDto } from './user.dto.js';

@ApiTags('Accounts')
@Roles('admin')
@Traced()
@Controller('v1/users')
export class UsersController {
  constructor(private readonly users: Users) {}

  /** All accounts, the newest first, or the one with an address */
  @Get()
  async list(@Query() query: UsersQueryDto): Promise<UserPageDto> {
    const { data, nextCursor } = await this.users.list(query);
    return { data: data.map(toUserDto), nextCursor };
  }

  /**
   * Give somebody another role
   * @remarks Who becomes an organizer gets an organization. The last admin cannot be made anything else.
   */
  @Patch(':id')
  @ApiProblems(identityRefusals, 'last_admin')
  async changeRole(
    @Param('id', new IdPipe('user')) id: string,
    @Body() body: RoleChangeDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto | undefined> {
    return sendTagged(request, reply, toUserDto(await this.users.changeRole(id, body.role)));
  }
}

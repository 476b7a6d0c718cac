import { Module } from '@nestjs/common';
import { CachingModule } from '#libs/caching';
import { ListMirror } from './persistence/list.mirror.js';

/** Where the waiting stand, out of Redis. */
@Module({ imports: [CachingModule], providers: [ListMirror], exports: [ListMirror] })
export class MirrorModule {}

// Nest 12 is ES modules that require each other: loaded in another order Node refuses with
// "Cannot require() ES Module … in a cycle". Loading these three first avoids it.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
import fc from 'fast-check';

// The same cases in every run, so that a red one is red again; other ones by FAST_CHECK_SEED=<number>.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20261127) });

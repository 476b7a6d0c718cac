// Nest 12 is ES modules that require each other: loaded in another order Node refuses with
// "Cannot require() ES Module … in a cycle". Loading these three first avoids it.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';

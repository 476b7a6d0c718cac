import { refusals } from '#libs/kernel';

/** Also for an event that the caller may not see: strangers learn nothing of it. */
export function noSuchEvent() {
  return refusals.not_found('There is no such event.');
}

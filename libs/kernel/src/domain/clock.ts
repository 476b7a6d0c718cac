/** Where the present comes from; pure code takes a Date instead. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();

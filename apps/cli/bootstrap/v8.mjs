/**
 * V8's settings for the product's processes, which share cores and memory with each other and with PostgreSQL. One thread
 * beside the main one: more would collect garbage in place of it. What lives long may grow by half until it is collected: left
 * alone, V8 lets it become several times as large when the process had little to do before. And nothing is made old from the
 * start: what once outlived a collection because much waited, such as the spans of bookings in the lane, V8 goes on to take for old
 * however short it lives afterwards, and the old generation fills with it.
 */
export const V8_FLAGS = ['--v8-pool-size=1', '--heap-growing-percent=50', '--no-allocation-site-pretenuring'];

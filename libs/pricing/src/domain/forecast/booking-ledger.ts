/**
 * What is known of bookings, and when it became known.
 *
 * The forecast asks everything through a `Snapshot`, which carries its day and refuses to answer about a
 * later one: it cannot see what happened after it. Days are whole numbers (days since 1970-01-01), and
 * "at a day" means at its end.
 */
export interface BookingRow {
  group: string;
  /** Day of the event. */
  occasion: number;
  /** At most the day of the event. */
  bookedAt: number;
  /** null if the booking stood. */
  canceledAt: number | null;
  /** Units, above 0. */
  quantity: number;
  /** Price a unit; null if unknown. An outcome, not a posted price. */
  price: number | null;
}

export class LeakError extends Error {
  constructor(asked: number, known: number) {
    super(`day ${asked} was asked of a snapshot that ends with day ${known}`);
    this.name = 'LeakError';
  }
}

/** The bookings of one occasion. */
export class Occasion {
  private readonly rows: BookingRow[] = [];
  private changes: { day: Int32Array; net: Float64Array } | undefined;

  constructor(readonly day: number) {}

  add(row: BookingRow): void {
    this.rows.push(row);
    this.changes = undefined;
  }

  /** Net units on the books at the end of `day`. */
  netAt(day: number): number {
    const { day: days, net } = (this.changes ??= cumulate(this.rows));
    const known = countUpTo(days, day);
    return known === 0 ? 0 : net[known - 1]!;
  }

  /** The first day on which anything of this occasion was known; Infinity if nothing ever was. */
  knownFrom(): number {
    return (this.changes ??= cumulate(this.rows)).day[0] ?? Infinity;
  }

  /** The bookings that stand at the end of `day`, in order of booking and size, whatever the order of the file. */
  standingAt(day: number): BookingRow[] {
    return this.rows.filter((row) => row.bookedAt <= day && !canceledBy(row, day));
  }
}

function canceledBy(row: BookingRow, day: number): boolean {
  return row.canceledAt !== null && row.canceledAt <= day;
}

function cumulate(rows: BookingRow[]): { day: Int32Array; net: Float64Array } {
  const byDay = new Map<number, number>();
  const change = (day: number, by: number) => byDay.set(day, (byDay.get(day) ?? 0) + by);
  for (const row of rows) {
    change(row.bookedAt, row.quantity);
    if (row.canceledAt !== null) change(row.canceledAt, -row.quantity);
  }
  const day = Int32Array.from(byDay.keys()).sort();
  const net = new Float64Array(day.length);
  let running = 0;
  day.forEach((d, i) => (net[i] = running += byDay.get(d)!));
  return { day, net };
}

/** How many of the ascending `days` are at most `day`. */
function countUpTo(days: ArrayLike<number>, day: number): number {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (days[middle]! <= day) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** All occasions of a group, in order of their days. */
export class GroupBook {
  private readonly byDay = new Map<number, Occasion>();
  private sorted:
    | { occasions: Occasion[]; days: Int32Array; weekdays: Occasion[][]; weekdayDays: Int32Array[] }
    | undefined;

  constructor(readonly name: string) {}

  add(row: BookingRow): void {
    let occasion = this.byDay.get(row.occasion);
    if (!occasion) {
      this.byDay.set(row.occasion, (occasion = new Occasion(row.occasion)));
      this.sorted = undefined;
    }
    occasion.add(row);
  }

  at(day: number): Occasion | undefined {
    return this.byDay.get(day);
  }

  get occasions(): readonly Occasion[] {
    return this.order().occasions;
  }

  /** How many occasions lie at or before `day`. */
  countUpTo(day: number): number {
    return countUpTo(this.order().days, day);
  }

  /** The last `most` occasions on this weekday that lie at or before `day`, latest first. */
  latestOnWeekday(weekday: number, day: number, most: number): Occasion[] {
    const { weekdays, weekdayDays } = this.order();
    const count = countUpTo(weekdayDays[weekday]!, day);
    return weekdays[weekday]!.slice(Math.max(0, count - most), count).reverse();
  }

  private order() {
    if (!this.sorted) {
      const occasions = [...this.byDay.values()].sort((a, b) => a.day - b.day);
      const weekdays: Occasion[][] = Array.from({ length: 7 }, () => []);
      for (const occasion of occasions) weekdays[weekdayOf(occasion.day)]!.push(occasion);
      const daysOf = (list: Occasion[]) => Int32Array.from(list, (occasion) => occasion.day);
      this.sorted = { occasions, days: daysOf(occasions), weekdays, weekdayDays: weekdays.map(daysOf) };
    }
    return this.sorted;
  }
}

/** 0 Monday to 6 Sunday (1970-01-01 was a Thursday). */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

export class BookingLedger {
  private readonly books = new Map<string, GroupBook>();

  add(row: BookingRow): void {
    let book = this.books.get(row.group);
    if (!book) this.books.set(row.group, (book = new GroupBook(row.group)));
    book.add(row);
  }

  group(name: string): GroupBook | undefined {
    return this.books.get(name);
  }

  /** In order of their names, so that the order of the file does not matter. */
  groups(): GroupBook[] {
    return [...this.books.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** What was known at the end of `day`, and nothing else. */
export class Snapshot {
  constructor(readonly day: number) {}

  /** Net units of an occasion at the end of `day`, at the latest that of the snapshot. */
  onBooks(occasion: Occasion, day = this.day): number {
    this.require(day);
    return occasion.netAt(day);
  }

  /** Net units at the end of the occasion's own day. */
  finalOf(occasion: Occasion): number {
    return this.onBooks(occasion, occasion.day);
  }

  isKnown(occasion: Occasion): boolean {
    return occasion.knownFrom() <= this.day;
  }

  standing(occasion: Occasion, day = this.day): BookingRow[] {
    this.require(day);
    return occasion
      .standingAt(day)
      .map((row) => (canceledBy(row, this.day) ? row : { ...row, canceledAt: null }));
  }

  /** The occasions that are over, latest last. */
  completed(book: GroupBook, most = Infinity): readonly Occasion[] {
    const count = book.countUpTo(this.day);
    return book.occasions.slice(Math.max(0, count - most), count);
  }

  /** The latest occasions on this weekday that are over, latest first. */
  completedOn(book: GroupBook, weekday: number, most: number): Occasion[] {
    return book.latestOnWeekday(weekday, this.day, most);
  }

  /** The known occasions nearest to `day`, without that of `day`: up to `each` before and `each` after, within `reach` days. */
  neighbours(book: GroupBook, day: number, each: number, reach: number): Occasion[] {
    const found: Occasion[] = [];
    const after = book.countUpTo(day);
    const visit = (index: number, step: number) => {
      for (let left = each; left > 0; index += step) {
        const occasion = book.occasions[index];
        if (!occasion || Math.abs(occasion.day - day) > reach) return;
        if (occasion.day === day || !this.isKnown(occasion)) continue;
        found.push(occasion);
        left--;
      }
    };
    visit(after - 1, -1);
    visit(after, 1);
    return found;
  }

  private require(day: number): void {
    if (day > this.day) throw new LeakError(day, this.day);
  }
}

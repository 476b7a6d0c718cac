/** The form in which an address is stored, compared and unique: no blanks around it, composed, lower case. */
export function normaliseEmail(email: string): string {
  return email.trim().normalize('NFC').toLowerCase();
}

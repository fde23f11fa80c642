/** A word as it begins a sentence. */
export const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

/** Words that `_` or `-` join, as people read them. */
export const spaced = (words: string) => words.replaceAll(/[_-]/g, ' ')

/** The same as they are in a name of a program: `TripBooking`. */
export const inPascalCase = (words: string) => words.split(/[_-]/).map(capitalized).join('')

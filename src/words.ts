/** A word as it begins a sentence, or is part of a name. */
export const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

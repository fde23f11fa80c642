import { page } from './layout.tsx'
import { Kept } from './parts.tsx'
import { say } from './wording.ts'

/** What somebody has typed before their session was over, by the names of the fields. */
export type Typed = Readonly<Record<string, string>>

/** What the sign-in is asked for with. */
export interface SignIn {
  /** Where it leads: a path of this origin. */
  next: string
  /** A key to fill in. */
  demo?: string
  /** Why it did not work. */
  fault?: string
  isOver?: boolean
  /** Whether an ID token does what a key does. */
  takesTokens?: boolean
  /** The host of the issuer, where one can sign in there. */
  issuer?: string
  typed?: Typed
}

/** Where one signs in. */
export function signInPage({ next, demo, fault, isOver, takesTokens, issuer, typed = {} }: SignIn) {
  return page({
    title: say.signIn.title,
    children: (
      <main id="content" class="narrow">
        <h1>{say.signIn.title}</h1>
        <p class="lead">{isOver ? (issuer ? say.signIn.ended : say.signIn.again) : say.signIn.lead}</p>
        <Kept label={say.signIn.kept} texts={[typed.comment?.trim()]} />
        {issuer && Object.keys(typed).length > 0 && (
          <noscript>
            <p class="notice">{say.signIn.typedStays(issuer)}</p>
          </noscript>
        )}
        {issuer && (
          <p>
            <a class="button primary" href={`/sign-in/begin?next=${encodeURIComponent(next)}`}>
              {say.signIn.at(issuer)}
            </a>
          </p>
        )}
        {issuer && <p class="quiet">{say.signIn.or}</p>}
        <form method="post" action="/sign-in" class="stack">
          <input type="hidden" name="next" value={next} />
          {Object.entries(typed).map(([name, value]) => (
            <input type="hidden" name={`typed.${name}`} value={value} />
          ))}
          <label for="key">{say.signIn.key}</label>
          <input
            id="key"
            name="key"
            type="password"
            required
            autocomplete="current-password"
            spellcheck={false}
            value={demo}
            aria-describedby={fault ? 'fault key-hint' : 'key-hint'}
            aria-invalid={fault ? 'true' : undefined}
            autofocus={issuer === undefined}
          />
          <p id="key-hint" class="quiet">
            {takesTokens ? say.signIn.keyOrToken : say.signIn.hint}
          </p>
          {fault && (
            <p id="fault" class="fault" role="alert">
              {fault}
            </p>
          )}
          <button class="primary">{say.signIn.submit}</button>
        </form>
        <p class="quiet aside">
          {say.signIn.newHere} <a href="/docs/quick-start">{say.signIn.readDocs}</a>
        </p>
      </main>
    ),
  })
}

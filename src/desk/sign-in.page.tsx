import { page } from './layout.tsx'
import { LongText } from './parts.tsx'
import { say } from './wording.ts'

/** What somebody has typed before their session was over, by the names of the fields. */
export type Typed = Readonly<Record<string, string>>

interface SignIn {
  /** Where it leads: a path of this origin. */
  next: string
  /** A key to fill in. */
  demo?: string
  /** Why it did not work. */
  fault?: string
  isOver?: boolean
  typed?: Typed
}

/** Where one signs in. */
export function signInPage({ next, demo, fault, isOver, typed = {} }: SignIn) {
  const kept = typed.comment?.trim()
  return page({
    title: say.signIn.title,
    children: (
      <main id="content" class="narrow">
        <h1>{say.signIn.title}</h1>
        <p class="lead">{isOver ? say.signIn.again : say.signIn.lead}</p>
        {kept && (
          <section class="kept">
            <p class="quiet">{say.signIn.kept}</p>
            <LongText text={kept} />
          </section>
        )}
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
            autofocus
          />
          <p id="key-hint" class="quiet">
            {say.signIn.hint}
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

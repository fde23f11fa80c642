import { page, type Reader } from './layout.tsx'
import { visibleText } from './parts.tsx'
import { say } from './wording.ts'

/** What did not work, and the way on. */
export function errorPage(title: string, detail: string, requestId: string, reader?: Reader) {
  return page({
    title,
    ...(reader && { reader }),
    children: (
      <main id="content" class="narrow">
        <h1>{title}</h1>
        <p class="lead">{visibleText(detail)}</p>
        <p>
          <a href="/">{say.errors.home}</a>
        </p>
        <p class="quiet">{say.errors.reference(requestId)}</p>
      </main>
    ),
  })
}

import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { oidcSettings } from '../access/oidc-settings.ts'
import type { AppContext } from '../http/environment.ts'
import { signInPage, type SignIn } from './sign-in.page.tsx'

/** The sign-in with every way that there is here. */
export function signInAgain(
  c: AppContext,
  asked: Omit<SignIn, 'takesTokens' | 'issuer'>,
  status: ContentfulStatusCode = 200,
) {
  const settings = oidcSettingsOrNone(c)
  const host = settings?.client && new URL(settings.issuer).host
  return c.html(signInPage({ ...asked, takesTokens: settings !== null, ...(host && { issuer: host }) }), status)
}

/** Also where they are wrong one signs in with a key. */
function oidcSettingsOrNone(c: AppContext) {
  try {
    return oidcSettings(c.env)
  } catch {
    return null
  }
}

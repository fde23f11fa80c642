import { html } from 'hono/html'
import { families } from '../../families.ts'
import type { ProsePage } from './guide.ts'
import { withCode } from './layout.ts'

export const concepts: ProsePage = {
  slug: 'concepts',
  title: 'Concepts',
  lead: 'Before something happens that matters, somebody has to say yes. Countersign keeps the question, and makes the answer count exactly once.',
  body: ({ op }) => html`
    <h2>The life of an approval</h2>
    <p class="flow">
      <b>pending</b> <span aria-hidden="true">→</span> <b>approved</b> · <b>rejected</b> · <b>withdrawn</b> ·
      <b>expired</b>
    </p>
    <p>
      Whatever is asked for waits as <code>pending</code> until somebody decides it, whoever asked withdraws it, or its
      time is up. What an approval sets off happens in the same transaction as the decision: there is never one without
      the other. Only cancelling a batch undoes something, and only what that batch itself approved.
    </p>
    <p>Time runs by itself: what is past its due time counts as expired from that moment on, for everyone.</p>

    <h2>The families</h2>
    ${families.map(
      ({ introduction: { title, text, beginWith } }) =>
        html`<h3>${title}</h3>
          <p>
            ${withCode(text)} Begin with
            ${beginWith.map((operationId, index) => html`${index === 0 ? '' : ' and '}${op(operationId)}`)}.
          </p>`,
    )}

    <h2>Who decides</h2>
    <p>
      A role says who may: coordinators decide claims, admins changes, reviewers results, each of the three requests; an
      intent waits for the person that it names. <b>Four eyes</b> hold for claims, changes and requests: whoever asked
      does not decide. Whoever submitted something on another’s behalf asked as well, and a batch approves no claim of
      those who made, started or amended it. Both names are kept: the person it was done for, and the one whose key did
      it.
    </p>

    <p>
      A <b>policy</b> says otherwise, for what it matches: ${op('createPolicy')}. It has stages that open one after the
      other, in each of them so many people of groups or roles. The first that matches holds, in the version that it has
      when something is asked. ${op('evaluatePolicies')} says which would, ${op('simulatePolicy')} tries one on what was
      asked before.
    </p>

    <h2>Once</h2>
    <ul>
      <li>
        <b>Decisions.</b> The same decision again is answered with 200 and the same body. A different one is 409
        <code>already_decided</code>, with the <code>winner</code>.
      </li>
      <li>
        <b>Requests.</b> Every POST that creates takes an <code>Idempotency-Key</code>, good for 24 hours. The same key
        with the same body, byte for byte, gets the first answer again (<code>Idempotency-Replayed: true</code>); with
        another body it is 422 <code>idempotency_key_reused</code>. A key belongs to the user who sent it, to the
        instance that their API key is bound to, if any, and to the path; the <code>idempotency_key</code> of an intent
        belongs to its instance.
      </li>
      <li>
        <b>The yes.</b> What was approved of a request is redeemed once, by its <code>digest</code>, which stands for
        all that was asked: ${op('redeemRequest')}. Amended, it is another question with another digest.
      </li>
      <li>
        <b>What you have seen.</b> An <code>ETag</code> changes with what it stands for. Send it back in
        <code>If-Match</code>, and a decision about something that has changed since is 412 instead.
      </li>
    </ul>

    <h2>History</h2>
    <p>
      Everything that happens is written down with who, what and when, in the transaction in which it happens, and is
      never changed afterwards, except that erasing a person removes text about them.
      <a href="/docs/webhooks">Webhooks</a> are made from it. Entities keep every version with who asked, who approved,
      and the approval that made it: ${op('listEntityVersions')}.
    </p>
  `,
}

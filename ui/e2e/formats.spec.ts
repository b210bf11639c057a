// Models that call no tools write their edits as text, each in a form of its own: every form becomes the same change set.
import { expect, test } from '@playwright/test'
import { type FakeLlm, startFakeLlm } from './fake-llm'
import { type House, startHouse } from './house'
import { ask, newestTask, onDisk, onlyProject, openStudio, type Task } from './studio'

let house: House
let fake: FakeLlm

test.afterEach(async () => {
  await house.stop()
  await fake.stop()
})

const before = '          <h1>Plot 14</h1>'
const after = '          <h1>Garden diary</h1>'
const around = ['        <div>', '          <p className="soft">']

test('a reply in any form becomes the same change set', async ({ page }) => {
  const wholeLater = { name: 'a whole file', reply: '' }
  const forms = [
    {
      name: 'a unified diff with wrong numbers',
      reply: [
        'Here it is:',
        '```diff',
        '--- a/src/App.tsx',
        '+++ b/src/App.tsx',
        '@@ -3,9 +3,9 @@',
        ` ${around[0]}`,
        `-${before}`,
        `+${after}`,
        ` ${around[1]}`,
        '```',
      ],
    },
    {
      name: 'a SEARCH/REPLACE block',
      reply: ['src/App.tsx', '<<<<<<< SEARCH', before, '=======', after, '>>>>>>> REPLACE'],
    },
    {
      name: 'a Begin Patch',
      reply: [
        '*** Begin Patch',
        '*** Update File: src/App.tsx',
        '@@',
        ` ${around[0]}`,
        `-${before}`,
        `+${after}`,
        '*** End Patch',
      ],
    },
    {
      name: 'a str_replace call as text',
      reply: [JSON.stringify({ path: 'src/App.tsx', old_str: before.trim(), new_str: after.trim() })],
    },
  ].map(({ name, reply }) => ({ name, reply: reply.join('\n') }))

  // The sample's own text, for the form that has all of it.
  house = await startHouse({ demo: true })
  const text = onDisk(await onlyProject(house), 'src/App.tsx')
  await house.stop()
  wholeLater.reply = ['src/App.tsx', '```tsx', `${text.replace(before, after)}\`\`\``].join('\n')
  forms.push(wholeLater)

  fake = await startFakeLlm({ models: ['fake-model'], turns: forms.map(({ reply }) => ({ say: reply })) })
  house = await startHouse({ demo: true, env: { OLLAMA_HOST: fake.url } })
  const project = await onlyProject(house)
  await house.api('PATCH', `/api/projects/${project.id}`, { model: 'ollama/fake-model' })
  await openStudio(page, house)
  const sets: { name: string; patch: string | undefined; found: string | undefined }[] = []
  for (const { name } of forms) {
    await page.getByRole('button', { name: 'New conversation' }).last().click()
    await ask(page, `Change the heading: ${name}`)
    await expect(page.getByTestId('changes-card'), name).toBeVisible({ timeout: 60_000 })
    const task: Task = await newestTask(house, project)
    const file = task.result?.filesModified[0]
    expect(
      task.result?.filesModified.map((each) => each.path),
      name,
    ).toEqual(['src/App.tsx'])
    sets.push({ name, patch: file?.patch, found: file?.hunks[0]?.found })
    await house.api('POST', `/api/agent/tasks/${task.id}/reject`, {})
    await expect.poll(async () => (await newestTask(house, project)).review).toBe('rejected')
  }
  for (const set of sets) expect(set).toEqual({ ...sets[0], name: set.name })
  expect(sets[0]?.patch).toContain(`-${before}\n+${after}\n`)
})

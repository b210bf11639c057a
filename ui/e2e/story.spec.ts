// The main job, as a person does it: with no key and no network, and the same with each kind of provider.
import { expect, test } from '@playwright/test'
import { type FakeLlm, startFakeLlm } from './fake-llm'
import { type House, startHouse } from './house'
import { onlyProject, walkTheMainJob } from './studio'

let house: House | undefined
let fake: FakeLlm | undefined

test.afterEach(async () => {
  await house?.stop()
  await fake?.stop()
  house = undefined
  fake = undefined
})

test('with the demo agent: no key, no network', async ({ page }) => {
  house = await startHouse({ demo: true })
  const task = await walkTheMainJob(page, house, 'Change the heading to “Garden diary”')
  expect(task.model).toBe('demo/guide')
})

const KEY = 'sk-test-7d1f'
const providers = [
  {
    name: 'Anthropic',
    model: 'anthropic/fake-model',
    env: (url: string) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: KEY }),
  },
  {
    name: 'OpenAI Responses',
    model: 'openai/fake-model',
    env: (url: string) => ({ OPENAI_BASE_URL: `${url}/v1`, OPENAI_API_KEY: KEY }),
  },
  {
    name: 'an OpenAI-compatible server',
    model: 'ollama/fake-model',
    env: (url: string) => ({ OLLAMA_HOST: url }),
  },
]

for (const provider of providers) {
  test(`with ${provider.name}`, async ({ page }) => {
    fake = await startFakeLlm({
      ...(provider.model.startsWith('ollama') ? {} : { key: KEY }),
      models: ['fake-model'],
      turns: [
        { say: 'I look first.', call: [{ name: 'read_file', input: { path: 'src/App.tsx' } }] },
        {
          say: ['The heading', ' and the tab.'],
          call: [
            edit('src/App.tsx', '<h1>Plot 14</h1>', '<h1>Garden diary</h1>'),
            edit('index.html', '<title>Plot 14</title>', '<title>Garden diary</title>'),
          ],
        },
        { say: 'Done: it says “Garden diary” in `src/App.tsx` and `index.html`.' },
      ],
    })
    house = await startHouse({ demo: true, env: provider.env(fake.url) })
    const project = await onlyProject(house)
    await house.api('PATCH', `/api/projects/${project.id}`, { model: provider.model })
    const task = await walkTheMainJob(page, house, 'Call it Garden diary')
    expect(task.model).toBe(provider.model)
    expect(await fake.requests()).toHaveLength(3)
  })
}

function edit(path: string, oldText: string, newText: string) {
  return { name: 'edit_file', input: { path, old_text: oldText, new_text: newText } }
}

// The templates. A click makes a project and opens it.
import { useQuery } from '@tanstack/react-query'
import { toast } from '../../kit/toast'
import { inWords } from '../../server/problem'
import { capabilitiesQuery } from '../../server/queries'
import { useStart } from './open'
import { SAMPLE } from './sample'
import { Thumbnail } from './thumbnails'

const NUMBERS = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']

export function Templates() {
  const { data } = useQuery(capabilitiesQuery())
  const start = useStart()
  const templates = data?.templates.filter((template) => template.id !== SAMPLE)
  const make = (template: string, name: string) => {
    if (!start.isPending) start.mutate({ template, name }, { onError: (error) => toast(inWords(error)) })
  }
  return (
    <section aria-labelledby="templates">
      <h2 id="templates">
        Start from a template{' '}
        <span>
          {templates && templates.length > 1
            ? `all ${NUMBERS[templates.length] ?? templates.length} work without a network`
            : 'works without a network'}
        </span>
      </h2>
      <div className="tpl">
        {templates?.map((template) => (
          <button key={template.id} type="button" onClick={() => make(template.id, template.name)}>
            <Thumbnail template={template.id} />
            <span className="tpl__text">
              <b>{template.name}</b>
              <small className="clip" title={template.detail}>
                {template.detail}
              </small>
            </span>
          </button>
        ))}
        {!templates &&
          WAITING.map((key) => <div key={key} className="tpl__waiting skeleton skeleton-late" />)}
      </div>
    </section>
  )
}

const WAITING = ['a', 'b', 'c', 'd', 'e', 'f']

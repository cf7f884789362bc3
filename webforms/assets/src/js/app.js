// Enhancement only: every page works without this file.
import { createAll, Button, CharacterCount, ErrorSummary, NotificationBanner, ServiceNavigation, SkipLink } from 'govuk-frontend'
import { AttachFiles } from './attach-files.js'
import { CopyText } from './copy-text.js'
import { DiagramView } from './diagram-view.js'
import { DraftKeeper } from './draft-keeper.js'
import { Reveal } from './reveal.js'
import { TypedMoment } from './typed-moment.js'
import { WorkUnderWay } from './work-under-way.js'

createAll(Button, { preventDoubleClick: true })
createAll(CharacterCount)
createAll(ErrorSummary)
createAll(NotificationBanner)
createAll(ServiceNavigation)
createAll(SkipLink)

const enhance = (Kind, name) => {
  for (const element of document.querySelectorAll(`[data-module~="${name}"]`)) new Kind(element)
}
enhance(Reveal, 'hw-reveal')
enhance(AttachFiles, 'hw-files')
enhance(CopyText, 'hw-copy')
enhance(DiagramView, 'hw-diagram')
enhance(DraftKeeper, 'hw-draft')
enhance(TypedMoment, 'hw-typed')
enhance(WorkUnderWay, 'hw-work')

// Runs before the page is drawn, so that what scripts will fold away never flashes.
document.body.className += ' js-enabled' + ('noModule' in HTMLScriptElement.prototype ? ' govuk-frontend-supported' : '')

import { h, render } from 'preact'
import { App } from './view/App'
import './style.css'

render(<App />, document.getElementById('app')!)

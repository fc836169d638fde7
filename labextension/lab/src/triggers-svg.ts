/** A clock that lets something go: a flow that starts by itself. */
export default `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g fill="none">
    <path class="jp-icon3" d="M18.6 8.2A8 8 0 1 0 19 13.6M11.5 7v5.2l3.4 2.2"
      stroke="#616161" stroke-width="1.8" stroke-linecap="round"/>
  </g>
  <path class="jp-icon3" fill="#616161" d="M17.5 10.2 23 10.6 20.6 5.2z"/>
</svg>`;

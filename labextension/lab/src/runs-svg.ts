/** Two branches that join: a flow at work. */
export default `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <circle cx="5" cy="12" r="2.6"/><circle cx="13" cy="5.5" r="2.6"/><circle cx="13" cy="18.5" r="2.6"/>
    <path d="M19 9.2 23 12l-4 2.8z"/>
  </g>
  <g fill="none">
    <path class="jp-icon3" d="M7 10.4 11 7M7 13.6l4 3.4M15.4 6.6 19 10.4M15.4 17.4 19 13.6"
      stroke="#616161" stroke-width="1.6" stroke-linecap="round"/>
  </g>
</svg>`;

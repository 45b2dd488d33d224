/** The line of hills under the masthead; its colours follow the theme. */
export function Hills() {
  return (
    <svg className="hills" viewBox="0 0 1440 220" preserveAspectRatio="none" aria-hidden="true">
      <path
        className="far"
        d="M0 120C160 60 260 92 420 70s230-58 390-22 250 74 380 40 170-38 250-22v154H0Z"
      />
      <path
        className="middle"
        d="M0 150c120-30 210-60 340-36s230 62 390 30 220-70 370-44 230 54 340 22v98H0Z"
      />
      <path className="near" d="M0 190c200-44 330-26 520-10s300 10 480-14 300-14 440 12v42H0Z" />
    </svg>
  );
}

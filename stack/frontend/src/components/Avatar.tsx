import type { Member } from "../api";

function initials(name: string): string {
  const words = name.split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => word?.charAt(0) ?? "").join("");
}

/** A member's picture, or their initials on a colour of their own. */
export function Avatar({ member }: { member: Member }) {
  if (member.avatar) {
    return <img className="avatar" src={member.avatar} alt="" loading="lazy" width={40} height={40} />;
  }
  return (
    <span className="avatar" aria-hidden="true" style={{ "--hue": (member.id * 47) % 360 } as object}>
      {initials(member.name)}
    </span>
  );
}

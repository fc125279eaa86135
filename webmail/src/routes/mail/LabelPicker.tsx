// Putting labels on conversations and taking them off, and making new ones on the way.
import { type Choice, conversations, label } from '@/mail/actions';
import { createLabel, labelsOf, useLabels } from '@/mail/labels';
import { useConversation } from '@/mail/store';
import { toastError } from '@/ui/Toast';
import { LabelDot } from './LabelChip';
import { Picker } from './Picker';

export function LabelPicker({ choice, onClose }: { choice: Choice; onClose: () => void }) {
  const known = useLabels();
  useConversation(choice.ids[0]); // renders again when what is chosen changes
  const chosen = conversations(choice);
  const having = (keyword: string) => chosen.filter((one) => one.all.some((row) => row.keywords[keyword])).length;
  const loose = chosen.flatMap((one) => one.all.flatMap((row) => labelsOf(row.keywords, known)));
  const all = [...new Map([...known, ...loose].map((one) => [one.keyword, one])).values()];
  return (
    <Picker
      title="Labels"
      placeholder="Find or make a label"
      onClose={onClose}
      options={all.map((one) => {
        const count = having(one.keyword);
        return {
          id: one.keyword,
          label: one.name,
          icon: <LabelDot hue={one.hue} />,
          on: count === chosen.length ? true : count > 0 ? 'some' : false,
        };
      })}
      onPick={(keyword) => void label(choice, keyword, having(keyword) < chosen.length)}
      onCreate={(name) => {
        createLabel(name).then((made) => label(choice, made.keyword, true), toastError);
      }}
    />
  );
}

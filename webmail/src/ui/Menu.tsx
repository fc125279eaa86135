// A menu that opens from a button: items, separators, labels, check and radio items. Arrow keys, type-ahead and Esc work.
import { Check } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { classes } from './classes';
import { Kbd } from './Kbd';

interface MenuProps {
  /** One element that takes a ref: a Button or IconButton. */
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end' | 'center';
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  className?: string;
}

export function Menu({ trigger, children, align = 'start', open, onOpenChange, className }: MenuProps) {
  return (
    <Radix.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange } : {})} modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          className={classes(
            'z-50 max-h-[var(--radix-dropdown-menu-content-available-height)] min-w-48 overflow-y-auto rounded-md border border-line bg-raised p-1 shadow-popover',
            className,
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const ITEM =
  'flex min-h-8 items-center gap-2 rounded px-2 py-1 outline-none select-none data-[highlighted]:bg-hover data-[disabled]:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-ink-muted';

interface ItemProps {
  children: ReactNode;
  icon?: ReactNode;
  shortcut?: string;
  hint?: string;
  onSelect?: (event: Event) => void;
  disabled?: boolean;
  danger?: boolean;
  /** Render the child (a Link) as the item. */
  asChild?: boolean;
}

export function MenuItem({ children, icon, shortcut, hint, onSelect, disabled, danger, asChild }: ItemProps) {
  return (
    <Radix.Item
      className={classes(ITEM, danger && 'text-danger [&_svg]:text-danger')}
      {...(onSelect ? { onSelect } : {})}
      {...(disabled ? { disabled } : {})}
      {...(asChild ? { asChild } : {})}
    >
      {asChild ? (
        children
      ) : (
        <>
          {icon}
          <span className="flex-1">{children}</span>
          {hint ? <span className="pl-4 text-xs text-ink-muted">{hint}</span> : null}
          {shortcut ? <Kbd>{shortcut}</Kbd> : null}
        </>
      )}
    </Radix.Item>
  );
}

interface CheckProps {
  children: ReactNode;
  checked: boolean | 'indeterminate';
  onChange: (checked: boolean) => void;
  /** Keeps the menu open, to set several. */
  stay?: boolean;
}

export function MenuCheckItem({ children, checked, onChange, stay }: CheckProps) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      {...(stay ? { onSelect: (event: Event) => event.preventDefault() } : {})}
      className={ITEM}
    >
      <span className="flex w-4 justify-center">
        <Radix.ItemIndicator>
          <Check aria-hidden="true" />
        </Radix.ItemIndicator>
      </span>
      <span className="flex flex-1 items-center gap-2">{children}</span>
    </Radix.CheckboxItem>
  );
}

interface RadioProps<T extends string> {
  value: T;
  onChange: (value: T) => void;
  options: { value: T; label: string }[];
}

export function MenuRadioGroup<T extends string>({ value, onChange, options }: RadioProps<T>) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={ITEM}>
          <span className="flex w-4 justify-center">
            <Radix.ItemIndicator>
              <Check aria-hidden="true" />
            </Radix.ItemIndicator>
          </span>
          {option.label}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-2 pb-1 text-xs font-medium text-ink-muted">{children}</Radix.Label>;
}

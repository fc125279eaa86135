// The editor for rich text, and its tool bar. Given HTML once; afterwards it tells what became of it.
import { type Editor, EditorContent, useEditor, useEditorState } from '@tiptap/react';
import {
  Bold,
  ImagePlus,
  Italic,
  Link as LinkIcon,
  List,
  ListOrdered,
  Quote,
  RemoveFormatting,
  Strikethrough,
  Underline,
} from 'lucide-react';
import { Toolbar as Radix } from 'radix-ui';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { IconButton } from '@/ui/IconButton';
import { cleanHtml } from './cleanhtml';
import { extensions } from './extensions';
import { LinkDialog } from './LinkDialog';
import './editor.css';

interface Props {
  /** Read once per `version`: counting it up puts new content in. */
  html: string;
  version: number;
  autoFocus: boolean;
  onChange: (html: string) => void;
  /** Pictures pasted, dropped or chosen; gives what to put into the text for each. */
  onPictures: (files: File[]) => { src: string; cid: string; alt: string }[];
  /** Other files pasted or dropped. */
  onFiles: (files: File[]) => void;
  /** Further controls at the end of the tool bar. */
  extra?: ReactNode;
  below?: ReactNode;
}

export function RichEditor({ html, version, autoFocus, onChange, onPictures, onFiles, extra, below }: Props) {
  const latest = useRef({ onChange, onPictures, onFiles });
  latest.current = { onChange, onPictures, onFiles };
  const [linking, setLinking] = useState(false);
  const take = (editor: Editor | null, files: File[]): boolean => {
    const pictures = files.filter(({ type }) => /^image\/(?:png|jpeg|gif|webp)$/.test(type));
    const others = files.filter((file) => !pictures.includes(file));
    if (others.length > 0) latest.current.onFiles(others);
    if (pictures.length > 0 && editor) insertPictures(editor, latest.current.onPictures(pictures));
    return files.length > 0;
  };
  const taking = useRef(take);
  taking.current = take;
  const editor = useEditor({
    extensions: extensions('Write your message'),
    content: html,
    injectCSS: false,
    autofocus: autoFocus ? 'start' : false,
    shouldRerenderOnTransaction: false,
    editorProps: {
      attributes: {
        class: 'compose-text',
        role: 'textbox',
        'aria-label': 'Message',
        'aria-multiline': 'true',
        spellcheck: 'true',
      },
      // Ctrl+Enter sends; the editor would break the line with it.
      handleKeyDown: (_view, event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey),
      transformPastedHTML: (pasted) => cleanHtml(pasted, { remotePictures: 'drop' }),
      handlePaste: (_view, event) => {
        // Text copied from an office program brings a picture of itself along: the text is what was meant.
        if (event.clipboardData?.types.includes('text/html')) return false;
        return taking.current(instance.current, [...(event.clipboardData?.files ?? [])]);
      },
      handleDrop: (_view, event, _slice, moved) => {
        if (moved || !event.dataTransfer?.files.length) return false;
        event.preventDefault();
        event.stopPropagation();
        return taking.current(instance.current, [...event.dataTransfer.files]);
      },
    },
    onUpdate: ({ editor: changed }) => latest.current.onChange(changed.getHTML()),
  });
  const instance = useRef<Editor | null>(null);
  instance.current = editor;

  const shown = useRef(version);
  useEffect(() => {
    if (!editor || shown.current === version) return;
    shown.current = version;
    editor.commands.setContent(html, { emitUpdate: false });
  }, [editor, html, version]);

  if (!editor) return null;
  return (
    <>
      <div className="min-h-0 flex-1 overflow-y-auto px-4 py-3">
        <EditorContent editor={editor} />
        {below}
      </div>
      <Tools
        editor={editor}
        onLink={() => setLinking(true)}
        onPictures={(files) => take(editor, files)}
        extra={extra}
      />
      {linking ? <LinkDialog editor={editor} onClose={() => setLinking(false)} /> : null}
    </>
  );
}

function insertPictures(editor: Editor, pictures: { src: string; cid: string; alt: string }[]): void {
  editor
    .chain()
    .focus()
    .insertContent(pictures.map((attrs) => ({ type: 'image', attrs })))
    .run();
}

interface ToolsProps {
  editor: Editor;
  onLink: () => void;
  onPictures: (files: File[]) => void;
  extra: ReactNode;
}

function Tools({ editor, onLink, onPictures, extra }: ToolsProps) {
  const picker = useRef<HTMLInputElement>(null);
  const on = useEditorState({
    editor,
    selector: ({ editor: now }) => ({
      bold: now.isActive('bold'),
      italic: now.isActive('italic'),
      underline: now.isActive('underline'),
      strike: now.isActive('strike'),
      bulletList: now.isActive('bulletList'),
      orderedList: now.isActive('orderedList'),
      blockquote: now.isActive('blockquote'),
      link: now.isActive('link'),
    }),
  });
  const chain = () => editor.chain().focus();
  const tools: { label: string; icon: ReactNode; shortcut?: string; pressed?: boolean; run: () => void }[] = [
    { label: 'Bold', icon: <Bold />, shortcut: 'Ctrl+B', pressed: on.bold, run: () => chain().toggleBold().run() },
    {
      label: 'Italic',
      icon: <Italic />,
      shortcut: 'Ctrl+I',
      pressed: on.italic,
      run: () => chain().toggleItalic().run(),
    },
    {
      label: 'Underline',
      icon: <Underline />,
      shortcut: 'Ctrl+U',
      pressed: on.underline,
      run: () => chain().toggleUnderline().run(),
    },
    { label: 'Strike through', icon: <Strikethrough />, pressed: on.strike, run: () => chain().toggleStrike().run() },
    { label: 'Bulleted list', icon: <List />, pressed: on.bulletList, run: () => chain().toggleBulletList().run() },
    {
      label: 'Numbered list',
      icon: <ListOrdered />,
      pressed: on.orderedList,
      run: () => chain().toggleOrderedList().run(),
    },
    { label: 'Quote', icon: <Quote />, pressed: on.blockquote, run: () => chain().toggleBlockquote().run() },
    { label: 'Link', icon: <LinkIcon />, pressed: on.link, run: onLink },
    { label: 'Picture in the text', icon: <ImagePlus />, run: () => picker.current?.click() },
    { label: 'Clear formatting', icon: <RemoveFormatting />, run: () => chain().unsetAllMarks().clearNodes().run() },
  ];
  return (
    <Radix.Root
      aria-label="Formatting"
      className="flex shrink-0 flex-nowrap items-center gap-0.5 overflow-x-auto border-t border-line px-3 py-1"
    >
      {tools.map(({ label, icon, shortcut, pressed, run }) => (
        <Radix.Button asChild key={label}>
          <IconButton
            size="small"
            label={label}
            icon={icon}
            {...(shortcut ? { shortcut } : {})}
            {...(pressed === undefined ? {} : { pressed })}
            onMouseDown={(event) => event.preventDefault()}
            onClick={run}
          />
        </Radix.Button>
      ))}
      {extra}
      <input
        ref={picker}
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        multiple
        hidden
        onChange={(event) => {
          onPictures([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </Radix.Root>
  );
}

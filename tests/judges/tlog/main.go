// Judges a published transparency log with the client of Go's checksum database (golang.org/x/mod/sumdb), which shares no code
// with the archive: the checkpoint's signature, the tree from its tiles, and each entry's proof.
//
//	tlog KEY_FILE PUBLIC_FOLDER [OLDER_CHECKPOINT]
//
// Ends with 0 where everything holds, 1 where something does not, 2 where it cannot be told.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Hashes in a full tile, and levels of the tree in one tile (C2SP tlog-tiles).
const (
	width  = 256
	height = 8
)

// Tiles of a folder, under the names of tlog-tiles; the checksum database has the height in them too.
type tiles struct {
	folder string
}

func (t tiles) Height() int { return height }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		read = append(read, bytes)
	}
	return read, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// How many entries the bundle with this index holds in a log of this size.
func widthOf(index, size int64) int {
	if size-index*width < width {
		return int(size - index*width)
	}
	return width
}

// The entries of a bundle, each with its length before it.
func entries(folder string, index, size int64) ([][]byte, error) {
	tile := tlog.Tile{H: height, L: -1, N: index, W: widthOf(index, size)}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data/", height), "tile/entries/", 1)
	bytes, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for len(bytes) > 0 {
		if len(bytes) < 2 || len(bytes) < 2+int(binary.BigEndian.Uint16(bytes)) {
			return nil, fmt.Errorf("%s is malformed", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(bytes))
		all = append(all, bytes[2:end])
		bytes = bytes[end:]
	}
	if len(all) != tile.W {
		return nil, fmt.Errorf("%s holds %d entries, not %d", path, len(all), tile.W)
	}
	return all, nil
}

// Reads a checkpoint, which must be signed by the log's key and be of its origin.
func checkpoint(path string, verifier note.Verifier) (tlog.Tree, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("%s: %w", path, err)
	}
	lines := strings.SplitN(opened.Text, "\n", 4)
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("%s is not of this log", path)
	}
	var tree tlog.Tree
	if _, err := fmt.Sscanf(lines[1], "%d", &tree.N); err != nil {
		return tlog.Tree{}, fmt.Errorf("%s: %w", path, err)
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

func judge(keyFile, folder, older string) (int64, error) {
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return 0, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return 0, err
	}
	tree, err := checkpoint(filepath.Join(folder, "checkpoint"), verifier)
	if err != nil {
		return 0, err
	}
	// The reader checks every tile against the signed root.
	reader := tlog.TileHashReader(tree, tiles{folder})
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		return 0, err
	}
	if root != tree.Hash {
		return 0, errors.New("the tiles do not lead to the signed root")
	}
	for index := int64(0); index*width < tree.N; index++ {
		bundle, err := entries(folder, index, tree.N)
		if err != nil {
			return 0, err
		}
		for offset, entry := range bundle {
			number := index*width + int64(offset)
			proof, err := tlog.ProveRecord(tree.N, number, reader)
			if err != nil {
				return 0, err
			}
			if err := tlog.CheckRecord(proof, tree.N, tree.Hash, number, tlog.RecordHash(entry)); err != nil {
				return 0, fmt.Errorf("entry %d: %w", number, err)
			}
		}
	}
	if older != "" {
		before, err := checkpoint(older, verifier)
		if err != nil {
			return 0, err
		}
		proof, err := tlog.ProveTree(tree.N, before.N, reader)
		if err != nil {
			return 0, err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash); err != nil {
			return 0, fmt.Errorf("the log does not go on from %s: %w", older, err)
		}
	}
	return tree.N, nil
}

func main() {
	if len(os.Args) < 3 || len(os.Args) > 4 {
		fmt.Fprintln(os.Stderr, "usage: tlog KEY_FILE PUBLIC_FOLDER [OLDER_CHECKPOINT]")
		os.Exit(2)
	}
	older := ""
	if len(os.Args) == 4 {
		older = os.Args[3]
	}
	count, err := judge(os.Args[1], os.Args[2], older)
	if err != nil {
		fmt.Fprintln(os.Stderr, "log (golang.org/x/mod/sumdb): FAILED:", err)
		os.Exit(1)
	}
	fmt.Printf("log (golang.org/x/mod/sumdb): %d judged, each in the signed tree\n", count)
}

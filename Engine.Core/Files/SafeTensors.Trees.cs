namespace Engine.Core.Files;

public static partial class SafeTensors
{
    /// <summary>Writes the tensors of a tree under their names, see <see cref="Stored{T}"/>.</summary>
    /// <inheritdoc cref="Write(string, IEnumerable{KeyValuePair{string, StoredTensor}}, IEnumerable{KeyValuePair{string, string}})"/>
    public static void Save<T>(string path, T tree, IEnumerable<KeyValuePair<string, string>>? metadata = null)
        => Write(path, Stored(tree), metadata);

    /// <summary>Reads the tensors of a tree by their names. Others that the file holds are left out.</summary>
    /// <param name="path">The file.</param>
    /// <param name="like">A tree whose structure, shapes, element types and devices those read have.</param>
    /// <exception cref="InvalidDataException">
    /// The file is malformed, or has not all of the tensors, or one of another shape or element type.
    /// </exception>
    /// <inheritdoc cref="Read(string)"/>
    public static T Load<T>(string path, T like)
    {
        var stored = Read(path).Tensors;
        try
        {
            return Restored(stored, like);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>
    /// The tensors of a tree as they are kept in files, by name, see <see cref="Tree.Names"/>; of a tensor by itself as <c>value</c>.
    /// </summary>
    /// <param name="tree">The tree.</param>
    /// <param name="prefix">What all names begin with.</param>
    public static OrderedDictionary<string, StoredTensor> Stored<T>(T tree, string prefix = "")
        => new(Names(tree, prefix).Zip(Tree.Leaves(tree), (name, leaf) => KeyValuePair.Create(name, leaf.ToStored())));

    /// <summary>The opposite of <see cref="Stored{T}"/>. Other tensors are left out.</summary>
    /// <param name="stored">Tensors by name.</param>
    /// <param name="like">A tree whose structure, shapes, element types and devices the result has.</param>
    /// <param name="prefix">What all names begin with.</param>
    /// <exception cref="InvalidDataException">A tensor is missing, or has another shape or element type.</exception>
    public static T Restored<T>(IReadOnlyDictionary<string, StoredTensor> stored, T like, string prefix = "")
    {
        string[] names = Names(like, prefix);
        if (names.Where(name => !stored.ContainsKey(name)).ToArray() is { Length: > 0 } missing)
        {
            throw new InvalidDataException(
                $"there is no tensor {string.Join(", ", missing.Take(5))}; there are {string.Join(", ", stored.Keys.Take(20))}.");
        }

        int next = 0;
        return Tree.With(like, Tensor.MakeAll(Tree.Leaves(like), leaf => Loaded(names[next++], leaf)));

        Tensor Loaded(string name, Tensor leaf)
        {
            var found = stored[name];
            return found.Type == leaf.Type && found.Shape.SequenceEqual(leaf.Shape)
                ? Tensor.From(found, leaf.Device)
                : throw new InvalidDataException(
                    $"tensor {name} is {found.Type} [{string.Join(", ", found.Shape)}], but {leaf.Type} {leaf.Shape} is wanted.");
        }
    }

    private static string[] Names<T>(T tree, string prefix)
        => [.. Tree.Names(tree).Select(name => prefix + (name.Length == 0 ? "value" : name))];
}

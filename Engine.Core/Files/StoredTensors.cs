using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Engine.Core.Files;

/// <summary>
/// The tensors of a file by name, in the file's order. One whose values have no element type here is an error when it is asked for, and
/// not before: the others can be read.
/// </summary>
public sealed class StoredTensors : IReadOnlyDictionary<string, StoredTensor>
{
    private readonly OrderedDictionary<string, (StoredTensor? Tensor, string? Problem)> _entries = [];

    internal StoredTensors()
    {
    }

    /// <summary>The names, also of tensors that can't be read.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>The tensors.</summary>
    /// <exception cref="InvalidDataException">One can't be read.</exception>
    public IEnumerable<StoredTensor> Values => _entries.Keys.Select(name => this[name]);

    /// <summary>The number of tensors.</summary>
    public int Count => _entries.Count;

    /// <summary>A tensor.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="InvalidDataException">It has a type, or a value, that no element type here can hold.</exception>
    public StoredTensor this[string name]
        => TryGetValue(name, out var tensor) ? tensor : throw new KeyNotFoundException(
            $"There is no tensor '{name}'; there are {string.Join(", ", _entries.Keys.Take(20))}{(Count > 20 ? ", ..." : "")}.");

    /// <inheritdoc/>
    public bool ContainsKey(string key) => _entries.ContainsKey(key);

    /// <summary>A tensor, if there is one of that name.</summary>
    /// <exception cref="InvalidDataException">There is, but it has a type, or a value, that no element type here can hold.</exception>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out StoredTensor value)
    {
        value = null;
        if (!_entries.TryGetValue(key, out var entry))
            return false;
        value = entry.Tensor ?? throw new InvalidDataException(entry.Problem);
        return true;
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, StoredTensor>> GetEnumerator()
        => _entries.Keys.Select(name => KeyValuePair.Create(name, this[name])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(string name, StoredTensor? tensor, string? problem) => _entries.Add(name, (tensor, problem));
}

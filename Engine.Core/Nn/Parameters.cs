using System.Collections;

namespace Engine.Core.Nn;

/// <summary>An ordered set of named tensors: what a layer or network is made of.</summary>
/// <param name="names">Names, each once.</param>
/// <param name="tensors">One tensor for each name.</param>
public sealed class Parameters(IReadOnlyList<string> names, IReadOnlyList<Tensor> tensors) : IReadOnlyList<Tensor>
{
    /// <summary>Names in order.</summary>
    public IReadOnlyList<string> Names { get; } = names.Count == tensors.Count && names.Distinct().Count() == names.Count
        ? names
        : throw new ArgumentException(
            $"{names.Count} names, {names.Distinct().Count()} of them distinct, were given for {tensors.Count} tensors.");

    /// <summary>The number of tensors.</summary>
    public int Count => tensors.Count;

    /// <summary>The number of elements of all tensors.</summary>
    public int ElementCount => tensors.Sum(tensor => tensor.Count);

    /// <summary>A tensor by its position.</summary>
    public Tensor this[int index] => tensors[index];

    /// <summary>A tensor by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such name.</exception>
    public Tensor this[string name]
    {
        get
        {
            for (int i = 0; i < Names.Count; i++)
            {
                if (Names[i] == name)
                    return tensors[i];
            }

            throw new KeyNotFoundException($"No parameter is named '{name}': there are {string.Join(", ", Names)}.");
        }
    }

    /// <summary>The same names with other tensors.</summary>
    public Parameters With(IReadOnlyList<Tensor> other) => new(Names, other);

    /// <inheritdoc/>
    public IEnumerator<Tensor> GetEnumerator() => tensors.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

using Engine.Core;
using Engine.Kernels;

namespace Engine.RL.Studies;

/// <summary>Spectra of the Jacobians of the updates that learners are about to make, one for each seed.</summary>
internal sealed class StudiedJacobian : IDisposable
{
    private readonly Study _study;
    private readonly bool _isSymmetric;
    private readonly StudyProgram<Key, (Tensor Parameters, Tensor All)> _vectors;
    private readonly StudyProgram<(Key Key, Tensor Vector), Tensor> _forward;
    private readonly StudyProgram<(Key Key, Tensor Vector), Tensor> _gram;

    /// <summary>Prepares them.</summary>
    /// <param name="study">What learns.</param>
    /// <param name="variant">By which inner optimiser.</param>
    public StudiedJacobian(Study study, InnerVariant variant)
    {
        _study = study;
        using (new TensorScope())
            _isSymmetric = variant.IsSymmetric(study.Optimiser);
        _vectors = study.Prepare(new UpdateVectors(), variant);
        _forward = study.Prepare(new JacobianProducts(JacobianProduct.Forward), variant);
        _gram = study.Prepare(new JacobianProducts(JacobianProduct.Gram), variant);
    }

    /// <summary>Takes the spectra: quantities and their values, for each seed.</summary>
    /// <param name="iterations">Products with each Jacobian.</param>
    /// <param name="largestDense">The most numbers that an update changes of which the Jacobian is written out.</param>
    public (string Quantity, double[] Values)[][] Spectra(int iterations, int largestDense)
    {
        using var scope = new TensorScope();
        var keys = _study.Keys(1, 1);
        var (parameters, all) = _vectors.Run(keys);
        int seeds = _study.Seeds.Count, size = parameters.Shape[-1];

        // Random vectors: every direction counts the same.
        double[][] starts = [.. _study.Seeds.Select(seed => Tensor.Normal(Key.Of(seed, keys.Device), [size]).ToDoubles())];
        var (type, device) = (parameters.Type, parameters.Device);
        var gram = Lanczos.Spectra(Product(_gram), starts, iterations);
        var symmetric = _isSymmetric ? Lanczos.Spectra(Product(_forward), starts, iterations) : null;
        double[][] moduli = all.Shape[-1] <= largestDense ? Moduli(all.Shape[-1]) : [];
        return
        [
            .. Enumerable.Range(0, seeds).Select(seed => ((string, double[])[])
            [
                (Quantity.SingularValue, [.. gram[seed].Values.Select(value => Math.Sqrt(Math.Max(0, value))).OrderDescending()]),
                .. symmetric is null ? [] : ((string, double[])[])
                    [(Quantity.Eigenvalue, symmetric[seed].Values), (Quantity.Weight, symmetric[seed].Weights)],
                .. moduli.Length == 0 ? [] : ((string, double[])[])[(Quantity.Modulus, moduli[seed])],
            ]),
        ];

        Func<double[][], double[][]> Product(StudyProgram<(Key Key, Tensor Vector), Tensor> program) => vectors =>
        {
            using var inner = new TensorScope();
            var rows = Tensor.From([.. vectors.SelectMany(each => each)], [seeds, 1, size], type, device);
            return [.. program.Run((keys, rows)).ToDoubles().Chunk(size)];
        };

        double[][] Moduli(int width)
        {
            using var inner = new TensorScope();
            var units = Tensor.Range(width, ElementType.Int32, device).OneHot(width, type);
            var many = new Key(keys.Words.BroadcastTo([seeds, width, .. keys.Words.Shape.Sizes[2..].ToArray()]));
            var columns = _forward.Run((many, units.Unsqueeze(0).BroadcastTo([seeds, width, width])));
            return [.. Enumerable.Range(0, seeds).Select(seed => Lanczos.Moduli([.. columns[seed].ToDoubles().Chunk(width)]))];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vectors.Dispose();
        _forward.Dispose();
        _gram.Dispose();
    }
}

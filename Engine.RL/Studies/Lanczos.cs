using MathNet.Numerics.LinearAlgebra;

namespace Engine.RL.Studies;

/// <summary>Some eigenvalues of a symmetric matrix, and how much of a vector lies along each of them.</summary>
/// <param name="Values">The eigenvalues, from the least to the greatest.</param>
/// <param name="Weights">The squared parts of the vector, which sum to 1.</param>
public sealed record Spectrum(double[] Values, double[] Weights);

/// <summary>
/// The method of Lanczos: of a large symmetric matrix that is known by its products with vectors, the outer eigenvalues, and a quadrature
/// of the density of all of them (Golub and Meurant, 1994; Ghorbani, Krishnan and Xiao, 2019).
/// </summary>
public static class Lanczos
{
    /// <summary>Takes the spectra of several matrices at once.</summary>
    /// <param name="multiply">From a vector for each matrix to the products.</param>
    /// <param name="starts">Where each begins: not zero. Of a random vector the weights are the density of eigenvalues.</param>
    /// <param name="iterations">Products with each matrix, at least 1: as many eigenvalues are found at most.</param>
    public static Spectrum[] Spectra(Func<double[][], double[][]> multiply, double[][] starts, int iterations)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        var runs = starts.Select(start => new Run(start)).ToArray();
        for (int i = 0; i < Math.Min(iterations, starts.Max(start => start.Length)); i++)
        {
            double[][] products = multiply([.. runs.Select(run => run.Last)]);
            for (int r = 0; r < runs.Length; r++)
                runs[r].Add(products[r]);
        }

        return [.. runs.Select(run => run.Spectrum())];
    }

    /// <summary>The eigenvalues of a small symmetric matrix, from the least to the greatest, and the weights of a vector.</summary>
    /// <param name="matrix">Its rows.</param>
    /// <param name="vector">The vector, not zero.</param>
    public static Spectrum Dense(double[][] matrix, double[] vector)
    {
        var of = Matrix<double>.Build.DenseOfRowArrays(matrix);
        var evd = ((of + of.Transpose()) / 2).Evd(Symmetricity.Symmetric);
        var along = evd.EigenVectors.TransposeThisAndMultiply(Vector<double>.Build.Dense(vector).Normalize(2));
        return new([.. evd.EigenValues.Select(value => value.Real)], [.. along.Select(part => part * part)]);
    }

    /// <summary>The moduli of the eigenvalues of a small matrix, the greatest first.</summary>
    /// <param name="matrix">Its rows.</param>
    public static double[] Moduli(double[][] matrix)
        => [.. Matrix<double>.Build.DenseOfRowArrays(matrix).Evd().EigenValues.Select(value => value.Magnitude).OrderDescending()];

    // One matrix: an orthonormal basis of what its powers make of the vector, in which it is tridiagonal.
    private sealed class Run
    {
        private const double Vanishing = 1e-7;

        private readonly List<double[]> _basis = [];
        private readonly List<double> _diagonal = [];
        private readonly List<double> _beside = [];
        private bool _isComplete;

        public Run(double[] start)
        {
            double norm = Norm(start);
            if (!(norm > 0 && double.IsFinite(norm)))
                throw new ArgumentException("Lanczos: a vector to start from must be finite and not zero.", nameof(start));
            _basis.Add([.. start.Select(x => x / norm)]);
        }

        public double[] Last => _basis[^1];

        public void Add(double[] product)
        {
            if (_isComplete)
                return;
            _diagonal.Add(Dot(product, Last));

            // Orthogonal to all before, twice: rounding would let the outer eigenvalues appear again and again.
            double[] rest = [.. product];
            for (int pass = 0; pass < 2; pass++)
            {
                foreach (double[] before in _basis)
                    Subtract(rest, Dot(rest, before), before);
            }

            double norm = Norm(rest);
            _isComplete = !(norm > Vanishing * Math.Max(Norm(product), double.Epsilon)) || _basis.Count == product.Length;
            if (_isComplete)
                return;
            _beside.Add(norm);
            _basis.Add([.. rest.Select(x => x / norm)]);
        }

        public Spectrum Spectrum()
        {
            int size = _diagonal.Count;
            if (!_diagonal.Concat(_beside).All(double.IsFinite))
                return new([double.NaN], [1]);
            double[][] rows = [.. Enumerable.Range(0, size).Select(i => (double[])[.. Enumerable.Range(0, size).Select(j => At(i, j))])];
            return Dense(rows, [1, .. new double[size - 1]]);

            double At(int i, int j) => i == j ? _diagonal[i] : Math.Abs(i - j) == 1 ? _beside[Math.Min(i, j)] : 0;
        }

        private static double Dot(double[] a, double[] b)
        {
            double sum = 0;
            for (int i = 0; i < a.Length; i++)
                sum += a[i] * b[i];
            return sum;
        }

        private static double Norm(double[] a) => Math.Sqrt(Dot(a, a));

        private static void Subtract(double[] from, double factor, double[] what)
        {
            for (int i = 0; i < from.Length; i++)
                from[i] -= factor * what[i];
        }
    }
}
